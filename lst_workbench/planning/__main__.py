"""Process that `submit` starts: python -m lst_workbench.planning MARKET OUT SEED."""

import sys

from lst_workbench.planning.submit import plan_as_submitted

if __name__ == "__main__":
    sys.exit(plan_as_submitted(*sys.argv[1:]))
