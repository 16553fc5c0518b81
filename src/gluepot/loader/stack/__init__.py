"""What a plan file takes in AWS, and what that costs."""
