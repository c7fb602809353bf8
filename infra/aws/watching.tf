# Logs, and the alarms that an outage needs where there is no Prometheus. Dashboards and alerts on answers are in infra/monitoring.
resource "aws_cloudwatch_log_group" "main" {
  name              = "/${var.name}/tasks"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_cloudwatch_log_group" "network" {
  name              = "/${var.name}/network"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.main.arn
}

locals {
  alarms = {
    "unhealthy"    = { namespace = "AWS/ApplicationELB", metric = "UnHealthyHostCount", statistic = "Minimum", over = 0, dimensions = { LoadBalancer = aws_lb.main.arn_suffix, TargetGroup = aws_lb_target_group.serve.arn_suffix } }
    "errors"       = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", over = 10, dimensions = { LoadBalancer = aws_lb.main.arn_suffix, TargetGroup = aws_lb_target_group.serve.arn_suffix } }
    "redis-memory" = { namespace = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum", over = 90, dimensions = { ReplicationGroupId = aws_elasticache_replication_group.main.id } }
    "database-cpu" = { namespace = "AWS/RDS", metric = "CPUUtilization", statistic = "Average", over = 80, dimensions = { DBInstanceIdentifier = aws_db_instance.main.identifier } }
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.over
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
