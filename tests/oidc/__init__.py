"""A certified OpenID Connect issuer (the npm package `oidc-provider`), and what a client of it does."""
