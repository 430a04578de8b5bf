"""Speed and quality against hand-written baselines: `make bench`."""
