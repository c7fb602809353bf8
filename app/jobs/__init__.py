"""Work that goes on after its request was answered: syncs asked for over REST."""
