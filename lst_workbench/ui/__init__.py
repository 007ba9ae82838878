"""Pages: one folder each, state in `model.py` (no widgets), widgets and links in `panel.py`."""
