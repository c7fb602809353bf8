variable "name" {
  description = "Name of the environment; all names begin with it."
  type        = string
  default     = "plumbline"
}

variable "region" {
  description = "Region."
  type        = string
}

variable "network_cidr" {
  description = "Address space of the network."
  type        = string
  default     = "10.50.0.0/16"
}

variable "zones" {
  description = "Two availability zones or more."
  type        = list(string)
}

variable "image" {
  description = "The image `serve` by digest, built with SERVE_EXTRAS=serve,postgres,aws,s3."
  type        = string
}

variable "ingest_image" {
  description = "The image `ingest` by digest, built with the same SERVE_EXTRAS."
  type        = string
}

variable "host" {
  description = "Host name by which people come."
  type        = string
}

variable "certificate_arn" {
  description = "Certificate of that name in ACM."
  type        = string
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["10.0.0.0/8"]
}

variable "internal" {
  description = "Whether the load balancer has private addresses only."
  type        = bool
  default     = true
}

variable "tasks" {
  description = "Fewest and most tasks of the service."
  type        = object({ least = number, most = number })
  default     = { least = 2, most = 10 }
}

variable "workers" {
  description = "Tasks of the worker: so many jobs run at a time."
  type        = number
  default     = 1
}

variable "chat_model" {
  description = "The chat model, as PLUMB_CHAT_MODEL takes it."
  type        = string
  default     = "extractive"
}

variable "reindex_source" {
  description = "What `plumb ingest` reads on a schedule: s3://bucket/prefix, or a definition on the file system."
  type        = string
}

variable "reindex_set" {
  description = "The document set that it is for."
  type        = string
}

variable "reindex_bucket_arn" {
  description = "Bucket of the documents; the scheduled task may read it."
  type        = string
}

variable "reindex_schedule" {
  description = "When."
  type        = string
  default     = "cron(0 4 ? * MON-FRI *)"
}

variable "database_class" {
  description = "Size of PostgreSQL."
  type        = string
  default     = "db.t4g.medium"
}

variable "redis_class" {
  description = "Size of a node of ElastiCache."
  type        = string
  default     = "cache.t4g.small"
}

variable "alarm_topic_arn" {
  description = "SNS topic that alarms go to."
  type        = string
}
