"""What a team announces for a date: activities, sign-ups to them, who checked in and out."""
