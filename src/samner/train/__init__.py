"""Training of the embedded model (extra `train`): data -> batches -> network -> loop -> export.

One recipe file reproduces the shipped weights: `samner train recipes/embedded.yaml`, `samner export RUN OUT`.
"""
