"""From texts to vectors: models, their weights, and what runs them."""
