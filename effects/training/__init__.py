"""What the trainings of networks share: photographs, checkpoints, the loop, arguments."""
