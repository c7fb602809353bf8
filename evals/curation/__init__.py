"""Growing datasets: candidates from stored answers and documents, reviewed by a person, then accepted."""
