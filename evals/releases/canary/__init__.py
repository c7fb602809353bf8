"""Judge a canary on live traffic, until it is decided."""
