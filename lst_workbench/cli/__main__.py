"""Run the command line: python -m lst_workbench.cli."""

from lst_workbench.cli import run

if __name__ == "__main__":
    run()
