# Copy to production.tfvars, which is yours, and fill it in.
region             = "eu-central-1"
zones              = ["eu-central-1a", "eu-central-1b"]
image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/plumbline/serve@sha256:0000000000000000000000000000000000000000000000000000000000000000"
ingest_image       = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/plumbline/ingest@sha256:0000000000000000000000000000000000000000000000000000000000000000"
host               = "ask.example.com"
certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
alarm_topic_arn    = "arn:aws:sns:eu-central-1:123456789012:plumbline"
reindex_source     = "s3://example-documents/handbook"
reindex_set        = "handbook"
reindex_bucket_arn = "arn:aws:s3:::example-documents"
