data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  create_certificate = var.certificate_arn == null
  certificate_arn    = local.create_certificate ? aws_acm_certificate_validation.this[0].certificate_arn : var.certificate_arn
  log_prefix         = "AWSLogs/${data.aws_caller_identity.current.account_id}"
}

# --- network
resource "aws_security_group" "this" {
  name        = var.name
  description = "Public entry of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "public" {
  for_each = {
    # The test listener shows a version that isn't released: it has callers of its own.
    for pair in concat(setproduct(var.ingress_cidrs, [80, 443]), var.blue_green ? setproduct(var.test_ingress_cidrs, [8443]) : []) :
    "${pair[0]}-${pair[1]}" => { cidr = pair[0], port = pair[1] }
  }
  security_group_id = aws_security_group.this.id
  description       = { 80 = "HTTP, only redirected to HTTPS", 443 = "HTTPS", 8443 = "HTTPS, the version under test" }[each.value.port]
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "targets" {
  security_group_id            = aws_security_group.this.id
  description                  = "Requests and health checks to the agent"
  referenced_security_group_id = var.target_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.target_port
  to_port                      = var.target_port
}

# --- name and certificate, when the zone is in Route 53
resource "aws_acm_certificate" "this" {
  count             = local.create_certificate ? 1 : 0
  domain_name       = var.domain.name
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
    precondition {
      condition     = var.domain != null
      error_message = "Give certificate_arn, or domain so that a certificate can be made."
    }
  }
}

resource "aws_route53_record" "validation" {
  for_each        = local.create_certificate ? toset([var.domain.name]) : toset([])
  zone_id         = var.domain.zone_id
  name            = one([for o in aws_acm_certificate.this[0].domain_validation_options : o.resource_record_name if o.domain_name == each.key])
  type            = one([for o in aws_acm_certificate.this[0].domain_validation_options : o.resource_record_type if o.domain_name == each.key])
  records         = [for o in aws_acm_certificate.this[0].domain_validation_options : o.resource_record_value if o.domain_name == each.key]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count                   = local.create_certificate ? 1 : 0
  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for r in aws_route53_record.validation : r.fqdn]
}

resource "aws_route53_record" "alias" {
  count   = var.domain == null ? 0 : 1
  zone_id = var.domain.zone_id
  name    = var.domain.name
  type    = "A"
  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}

# --- access logs
resource "aws_s3_bucket" "logs" {
  bucket        = "${var.name}-logs-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.id}" # the name is the whole world's
  force_destroy = !var.protect
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256" # the only one that a load balancer can write
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = var.access_log_retention_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "LoadBalancerWrites"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs.arn}/${local.log_prefix}/*"]
    # Without a condition, as in AWS's example: the prefix has the account's number, and a key that isn't sent would refuse every log.
    principals {
      type        = "Service"
      identifiers = ["logdelivery.elasticloadbalancing.amazonaws.com"]
    }
  }
  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket     = aws_s3_bucket.logs.id
  policy     = data.aws_iam_policy_document.logs.json
  depends_on = [aws_s3_bucket_public_access_block.logs]
}

# --- load balancer
resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.this.id]
  idle_timeout               = var.idle_timeout
  drop_invalid_header_fields = true
  enable_deletion_protection = var.protect
  desync_mitigation_mode     = "defensive"

  access_logs {
    bucket  = aws_s3_bucket.logs.id
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.logs] # the load balancer tries to write as soon as logging is on
}

resource "aws_lb_target_group" "agent" {
  for_each                      = toset(var.blue_green ? ["blue", "green"] : ["blue"])
  name                          = "${var.name}-${each.key}-${var.target_port}" # another port is another group: the new one is there before the old one goes
  vpc_id                        = var.vpc_id
  protocol                      = "HTTP"
  port                          = var.target_port
  target_type                   = "ip" # awsvpc
  deregistration_delay          = var.deregistration_delay
  load_balancing_algorithm_type = "least_outstanding_requests" # a stream is one request that stays open for long

  health_check {
    path                = var.health_check_path
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "redirect" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "https" {
  count             = var.blue_green ? 0 : 1
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = local.certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent["blue"].arn
  }
}

# CodeDeploy swaps the target group of these two: a lifecycle block can't be conditional, so they're resources of their own.
resource "aws_lb_listener" "https_codedeploy" {
  for_each          = var.blue_green ? { production = 443, test = 8443 } : {}
  load_balancer_arn = aws_lb.this.arn
  port              = each.value
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = local.certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent["blue"].arn
  }
  lifecycle {
    ignore_changes = [default_action]
  }
}

# --- firewall
# People write to an agent about HTML, paths, stack traces and addresses: rules that look into the body are counted, and seen in
# the log. The other rules of the groups block, and say so as the agent would (RFC 9457). A rule that AWS adds blocks too, with an
# answer of its own, until it is listed here; ecs/verify knows the lists.
locals {
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = {
      priority = 1
      block    = ["AWSManagedIPReputationList", "AWSManagedReconnaissanceList"]
      count    = ["AWSManagedIPDDoSList"] # counted by AWS, too
    }
    AWSManagedRulesCommonRuleSet = {
      priority = 2
      block = [
        "NoUserAgent_HEADER", "UserAgent_BadBots_HEADER", "SizeRestrictions_QUERYSTRING", "SizeRestrictions_Cookie_HEADER", "SizeRestrictions_URIPATH",
        "EC2MetaDataSSRF_COOKIE", "EC2MetaDataSSRF_URIPATH", "EC2MetaDataSSRF_QUERYARGUMENTS", "GenericLFI_QUERYARGUMENTS", "GenericLFI_URIPATH",
        "RestrictedExtensions_URIPATH", "RestrictedExtensions_QUERYARGUMENTS", "GenericRFI_QUERYARGUMENTS", "GenericRFI_URIPATH",
        "CrossSiteScripting_COOKIE", "CrossSiteScripting_QUERYARGUMENTS", "CrossSiteScripting_URIPATH",
      ]
      count = ["SizeRestrictions_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "CrossSiteScripting_BODY"]
    }
    AWSManagedRulesKnownBadInputsRuleSet = {
      priority = 3
      block = [
        "JavaDeserializationRCE_HEADER", "JavaDeserializationRCE_URIPATH", "JavaDeserializationRCE_QUERYSTRING", "Host_localhost_HEADER", "PROPFIND_METHOD",
        "ExploitablePaths_URIPATH", "Log4JRCE_QUERYSTRING", "Log4JRCE_URIPATH", "Log4JRCE_HEADER",
      ]
      count = ["JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"]
    }
  }
}

resource "aws_wafv2_web_acl" "this" {
  count       = var.waf.enabled ? 1 : 0
  name        = var.name
  description = "Common attacks and floods"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  # WAF lets nobody set another media type than application/json here.
  custom_response_body {
    key          = "blocked"
    content_type = "APPLICATION_JSON"
    content      = jsonencode({ type = "/problems/forbidden", title = "This is not allowed", status = 403, detail = "The firewall in front of this service refused the request because of its address, its path or its headers." })
  }
  custom_response_body {
    key          = "too-many"
    content_type = "APPLICATION_JSON"
    content      = jsonencode({ type = "/problems/rate-limited", title = "Too many requests", status = 429, detail = "Your address sent more than ${var.waf.rate_limit} requests in five minutes." })
  }

  rule {
    name     = "rate-limit"
    priority = 0
    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "too-many"
          response_header {
            name  = "Retry-After"
            value = "60"
          }
        }
      }
    }
    statement {
      rate_based_statement {
        limit              = var.waf.rate_limit
        aggregate_key_type = "IP"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-rate-limit"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules
    content {
      name     = rule.key
      priority = rule.value.priority
      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          name        = rule.key
          vendor_name = "AWS"
          dynamic "rule_action_override" {
            for_each = rule.value.count
            content {
              name = rule_action_override.value
              action_to_use {
                count {}
              }
            }
          }
          dynamic "rule_action_override" {
            for_each = rule.value.block
            content {
              name = rule_action_override.value
              action_to_use {
                block {
                  custom_response {
                    response_code            = 403
                    custom_response_body_key = "blocked"
                  }
                }
              }
            }
          }
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-${rule.key}"
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count        = var.waf.enabled ? 1 : 0
  resource_arn = aws_lb.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this[0].arn
}

resource "aws_cloudwatch_log_group" "waf" {
  count             = var.waf.enabled ? 1 : 0
  name              = "aws-waf-logs-${var.name}" # WAF insists on this prefix
  retention_in_days = var.log_retention_days
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  count                   = var.waf.enabled ? 1 : 0
  resource_arn            = aws_wafv2_web_acl.this[0].arn
  log_destination_configs = [aws_cloudwatch_log_group.waf[0].arn]
  dynamic "redacted_fields" {
    for_each = toset(["authorization", "x-api-key", "cookie"])
    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }
  logging_filter {
    default_behavior = "DROP"
    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"
      condition {
        action_condition {
          action = "BLOCK"
        }
      }
      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }
}

# --- alarms
resource "aws_cloudwatch_metric_alarm" "healthy_hosts" {
  for_each            = aws_lb_target_group.agent
  alarm_name          = "${var.name}-${each.key}-healthy-hosts"
  alarm_description   = "No healthy agent behind the load balancer"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = var.blue_green ? "notBreaching" : "breaching"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = each.value.arn_suffix }
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

# A share, in two of three minutes: one bad minute, or a few errors among many answers, wake nobody. No deployment is rolled back
# for these: an overloaded agent and a throttled model answer 503, with any version (module observability has the alarm for that).
locals {
  errors = merge(
    { for colour, group in aws_lb_target_group.agent : "${colour}-5xx" => { metric = "HTTPCode_Target_5XX_Count", by = "the agent", dimensions = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = group.arn_suffix } } },
    { elb-5xx = { metric = "HTTPCode_ELB_5XX_Count", by = "the load balancer itself: no target answered", dimensions = { LoadBalancer = aws_lb.this.arn_suffix } } },
  )
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each            = local.errors
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "More than 10 server errors in a minute, and over 5 % of the requests, from ${each.value.by}"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching" # the metric isn't reported without errors
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns

  metric_query {
    id          = "many"
    expression  = "IF(errors > 10 AND 20 * errors > FILL(requests, 0), 1, 0)"
    label       = "Errors are over 5 %"
    return_data = true
  }
  metric_query {
    id = "errors"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = each.value.metric
      stat        = "Sum"
      period      = 60
      dimensions  = each.value.dimensions
    }
  }
  metric_query {
    id = "requests"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      stat        = "Sum"
      period      = 60
      dimensions  = each.value.dimensions
    }
  }
}

# The target's time to its first byte: a streamed answer starts early, but one complete JSON answer takes as long as its turn.
# How long people wait for the first word, the agent measures itself (module observability).
resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = "${var.name}-latency"
  alarm_description   = "The slowest twentieth of requests waits over ${var.latency_alarm_seconds} s for its first byte"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  extended_statistic  = "p95"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.latency_alarm_seconds

  evaluate_low_sample_count_percentiles = "ignore" # of three requests, the slowest is no percentile
  period                                = 60
  evaluation_periods                    = 5
  treat_missing_data                    = "notBreaching"
  dimensions                            = { LoadBalancer = aws_lb.this.arn_suffix }
  alarm_actions                         = var.alarm_topic_arns
  ok_actions                            = var.alarm_topic_arns
}
