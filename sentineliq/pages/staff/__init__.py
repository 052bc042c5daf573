"""The pages that only staff find; anyone else sees what an unknown address shows."""
