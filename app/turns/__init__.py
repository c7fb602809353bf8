"""One turn of a conversation: history, cache, answer, record; REST, batches and chat front ends take it."""
