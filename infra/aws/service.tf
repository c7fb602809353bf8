# The cluster, the service, the worker, the scheduled re-index, and the load balancer.
resource "aws_ecs_cluster" "main" {
  name = var.name
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

locals {
  # Everything that is no secret; secrets are read from Secrets Manager when a process starts.
  settings = {
    PLUMB_INDEX_URL            = "/mnt/plumbline/index"
    PLUMB_SYNC_UPLOADS         = "s3://${aws_s3_bucket.uploads.id}/uploads"
    PLUMB_STORE_URL            = "postgresql://plumbline@${aws_db_instance.main.address}:5432/plumbline?sslmode=require&identity=aws"
    PLUMB_SECRETS_MANAGER      = "${aws_secretsmanager_secret.settings.name}@${var.region}"
    PLUMB_TELEMETRY_LOG_FORMAT = "json"
    PLUMB_CHAT_MODEL           = var.chat_model
    AWS_REGION                 = var.region
    TMPDIR                     = "/data"
  }
  serve_settings = merge(local.settings, {
    PLUMB_BROWSER_HOSTS  = jsonencode([var.host])
    PLUMB_BROWSER_HSTS_S = "31536000"
  })
  # PLUMB_REDIS_URL comes from Secrets Manager, which the check of the image does not read: a worker is
  # watched by its own exit code.
  # /data is the image's own volume and belongs to its user; other empty volumes of Fargate belong to root.
  mounts = [
    { sourceVolume = "files", containerPath = "/mnt/plumbline", readOnly = false },
    { sourceVolume = "home", containerPath = "/data", readOnly = false },
  ]
  logs = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.main.name
      awslogs-region        = var.region
      awslogs-stream-prefix = "plumbline"
    }
  }
  # The parts that the three definitions share. User 10001 is the image's.
  container = {
    essential              = true
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    privileged             = false
    mountPoints            = local.mounts
    logConfiguration       = local.logs
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
  }
}

resource "aws_ecs_task_definition" "serve" {
  family                   = "${var.name}-serve"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task["serve"].arn
  container_definitions = jsonencode([merge(local.container, {
    name         = "plumbline"
    image        = var.image
    command      = ["serve"]
    environment  = [for name, value in local.serve_settings : { name = name, value = value }]
    portMappings = [{ containerPort = 8000, protocol = "tcp" }]
    stopTimeout  = 60
    healthCheck = {
      command     = ["CMD", "python3", "-I", "/opt/health.py", "serve"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
  })])
  volume {
    name = "files"
    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.main.id
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = aws_efs_access_point.main.id
        iam             = "ENABLED"
      }
    }
  }
  volume {
    name = "home"
  }
}

resource "aws_ecs_task_definition" "worker" {
  family                   = "${var.name}-worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task["ingest"].arn
  container_definitions = jsonencode([merge(local.container, {
    name        = "worker"
    image       = var.ingest_image
    command     = ["worker"]
    environment = [for name, value in local.settings : { name = name, value = value }]
    # The most that Fargate gives. A sync that is cut off is continued by the next.
    stopTimeout = 120
  })])
  volume {
    name = "files"
    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.main.id
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = aws_efs_access_point.main.id
        iam             = "ENABLED"
      }
    }
  }
  volume {
    name = "home"
  }
}

resource "aws_ecs_task_definition" "reindex" {
  family                   = "${var.name}-reindex"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 2048
  memory                   = 4096
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task["ingest"].arn
  container_definitions = jsonencode([merge(local.container, {
    name        = "reindex"
    image       = var.ingest_image
    command     = ["ingest", var.reindex_source, "--set", var.reindex_set, "--why", "scheduled"]
    environment = [for name, value in local.settings : { name = name, value = value }]
    stopTimeout = 120
  })])
  volume {
    name = "files"
    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.main.id
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = aws_efs_access_point.main.id
        iam             = "ENABLED"
      }
    }
  }
  volume {
    name = "home"
  }
}

resource "aws_ecs_service" "serve" {
  name                               = "serve"
  cluster                            = aws_ecs_cluster.main.id
  task_definition                    = aws_ecs_task_definition.serve.arn
  desired_count                      = var.tasks.least
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 120
  propagate_tags                     = "SERVICE"
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = aws_subnet.private[*].id
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.serve.arn
    container_name   = "plumbline"
    container_port   = 8000
  }
  lifecycle {
    ignore_changes = [desired_count]
  }
  depends_on = [aws_lb_listener.https, aws_efs_mount_target.main]
}

# At most as many as are wanted: an old worker would go on taking jobs beside the new one.
resource "aws_ecs_service" "worker" {
  name                               = "worker"
  cluster                            = aws_ecs_cluster.main.id
  task_definition                    = aws_ecs_task_definition.worker.arn
  desired_count                      = var.workers
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  propagate_tags                     = "SERVICE"
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = aws_subnet.private[*].id
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }
  # The service migrates the database.
  depends_on = [aws_ecs_service.serve]
}

resource "aws_appautoscaling_target" "serve" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.serve.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.tasks.least
  max_capacity       = var.tasks.most
}

resource "aws_appautoscaling_policy" "serve" {
  name               = "processor"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.serve.service_namespace
  resource_id        = aws_appautoscaling_target.serve.resource_id
  scalable_dimension = aws_appautoscaling_target.serve.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

resource "aws_scheduler_schedule" "reindex" {
  name                         = "${var.name}-reindex"
  schedule_expression          = var.reindex_schedule
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = aws_kms_key.main.arn
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_ecs_cluster.main.arn
    role_arn = aws_iam_role.scheduler.arn
    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.reindex.arn_without_revision
      launch_type         = "FARGATE"
      platform_version    = "LATEST"
      network_configuration {
        subnets          = aws_subnet.private[*].id
        security_groups  = [aws_security_group.tasks.id]
        assign_public_ip = false
      }
    }
    # The lease of the index keeps two from running at a time; a failed one is not tried again at once.
    retry_policy {
      maximum_retry_attempts = 0
    }
  }
}

resource "aws_lb" "main" {
  name                       = var.name
  internal                   = var.internal
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.balancer.id]
  subnets                    = var.internal ? aws_subnet.private[*].id : aws_subnet.public[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = true
  # Longer than the longest answer (chat.deadline_s is 60 s), which may be silent until its end.
  idle_timeout = 75
}

resource "aws_lb_target_group" "serve" {
  name        = var.name
  vpc_id      = aws_vpc.main.id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8000
  # Open answers end.
  deregistration_delay = 60
  health_check {
    path                = "/readyz"
    port                = "traffic-port"
    matcher             = "200"
    interval            = 10
    timeout             = 6
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.serve.arn
  }
}
