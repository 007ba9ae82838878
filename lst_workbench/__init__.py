"""LST Workbench: plans the rollout of a network of small shops, from a list of shops to a plan."""

__version__ = "0.1.0"
