"""The same work done by us and by a peer or baseline, in one run: python -m benchmarks [name ...]."""
