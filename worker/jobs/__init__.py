"""The contract between bot and worker: all that a bot may import of worker."""
