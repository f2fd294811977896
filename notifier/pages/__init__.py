"""The pages with which a reader chooses, confirms, changes and leaves. GET and HEAD change nothing; POST acts."""
