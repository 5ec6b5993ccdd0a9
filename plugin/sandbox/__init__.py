"""A store to try Regulars with, over real HTTP. Nothing in the product knows that it is talking to it."""
