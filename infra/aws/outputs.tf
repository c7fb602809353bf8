output "host" {
  description = "Point the host's name here (CNAME)."
  value       = aws_lb.main.dns_name
}

output "registry" {
  description = "Where images are pushed."
  value       = { for name, repository in aws_ecr_repository.main : name => repository.repository_url }
}

output "database_secret" {
  description = "The master's password, needed once to make the role `plumbline`."
  value       = aws_db_instance.main.master_user_secret[0].secret_arn
}
