"""What a launcher does with its children: start-up limits, the event loop, death and reaping, what they tell and do."""
