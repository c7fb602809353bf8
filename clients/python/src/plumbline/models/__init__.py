"""What the service answers with.

Fields that a newer service adds are kept (`model_extra`) and stop nothing. Values of a fixed choice, such
as a job's state, are plain text here for the same reason.
"""
