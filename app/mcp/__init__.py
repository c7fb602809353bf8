"""The Model Context Protocol: assistants search, ask and read documents, over HTTP and over stdio."""
