"""A canary release judged on live traffic, against the baseline that serves beside it."""
