# Plumbline on AWS: ECS on Fargate behind a load balancer, EFS, ElastiCache, RDS.
# docs/how-to/deploy-infrastructure.md walks through it; docs/reference/infrastructure.md says what each
# resource is for and costs.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
  # `terraform init -backend-config=backend.hcl` names bucket, key and region.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = {
      Application = var.name
    }
  }
}
