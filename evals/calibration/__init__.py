"""How far the judge can be trusted: its judgements beside people's."""
