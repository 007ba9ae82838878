"""Tests of their own name, so that each room may have a conftest."""
