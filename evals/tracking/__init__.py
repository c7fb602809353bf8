"""Show runs in a tracker: W&B, MLflow, or none."""
