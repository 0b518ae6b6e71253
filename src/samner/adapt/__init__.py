"""Models that learn the user's own types and texts: adapters, and scores that mean what they say."""
