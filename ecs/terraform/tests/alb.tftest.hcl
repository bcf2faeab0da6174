mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name                     = "mcp-alb"
  vpc_id                   = "vpc-1"
  public_subnet_ids        = ["subnet-1", "subnet-2"]
  target_security_group_id = "sg-agent"
  certificate_arn          = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
}

run "https_redirect_logs_and_firewall" {
  command = plan
  module {
    source = "./modules/alb"
  }
  assert {
    condition     = aws_lb_listener.https[0].port == 443 && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-") && aws_lb_listener.redirect.default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "HTTPS, and HTTP only to redirect"
  }
  assert {
    condition     = aws_lb.this.access_logs[0].enabled && aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields && aws_lb.this.idle_timeout == 300
    error_message = "load balancer"
  }
  assert {
    condition     = aws_lb_target_group.agent["blue"].deregistration_delay == "120" && aws_lb_target_group.agent["blue"].health_check[0].path == "/health" && aws_lb_target_group.agent["blue"].target_type == "ip"
    error_message = "target group"
  }
  assert {
    condition     = aws_lb_target_group.agent["blue"].load_balancing_algorithm_type == "least_outstanding_requests" && aws_lb_target_group.agent["blue"].name == "mcp-alb-blue-8080"
    error_message = "open streams count as work; another port is another group"
  }
  assert {
    condition     = alltrue([for group in local.managed_rules : alltrue([for name in group.block : !endswith(name, "_BODY")])])
    error_message = "nobody is refused for what a question says"
  }
  assert {
    condition     = alltrue([for b in aws_wafv2_web_acl.this[0].custom_response_body : can(jsondecode(b.content).title) && startswith(jsondecode(b.content).type, "/problems/")])
    error_message = "the firewall says no as the agent does"
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.errors : a.datapoints_to_alarm == 2 && a.evaluation_periods == 3]) && aws_cloudwatch_metric_alarm.latency.evaluate_low_sample_count_percentiles == "ignore"
    error_message = "a share, in two of three minutes"
  }
  assert {
    condition     = endswith(aws_s3_bucket.logs.bucket, "-us-east-1")
    error_message = "a bucket's name is the whole world's: its region belongs to it"
  }
  assert {
    condition     = toset([for r in aws_wafv2_web_acl.this[0].rule : r.name]) == toset(["rate-limit", "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"])
    error_message = "firewall rules"
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.targets.referenced_security_group_id == "sg-agent" && aws_vpc_security_group_egress_rule.targets.from_port == 8080
    error_message = "the load balancer may only connect to the agent"
  }
  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.healthy_hosts["blue"].metric_name == "HealthyHostCount", aws_cloudwatch_metric_alarm.healthy_hosts["blue"].threshold == 1,
      toset(keys(aws_cloudwatch_metric_alarm.errors)) == toset(["blue-5xx", "elb-5xx"]), aws_cloudwatch_metric_alarm.latency.metric_name == "TargetResponseTime",
    ])
    error_message = "alarms"
  }
}

run "a_domain_gets_its_certificate_and_alias" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables {
    certificate_arn = null
    domain          = { zone_id = "Z1", name = "agent.example.com" }
  }
  assert {
    condition     = aws_acm_certificate.this[0].domain_name == "agent.example.com" && aws_route53_record.alias[0].type == "A" && output.url == "https://agent.example.com"
    error_message = "certificate and alias"
  }
}

run "blue_green_adds_a_group_and_a_test_listener" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables { blue_green = true }
  assert {
    condition     = toset(keys(aws_lb_target_group.agent)) == toset(["blue", "green"]) && aws_lb_listener.https_codedeploy["test"].port == 8443 && length(aws_lb_listener.https) == 0
    error_message = "blue/green"
  }
  assert {
    condition     = length([for r in aws_vpc_security_group_ingress_rule.public : r if r.from_port == 8443]) == 0
    error_message = "the test listener is closed unless somebody is named"
  }
}

run "the_test_listener_opens_for_whom_is_named" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables {
    blue_green         = true
    test_ingress_cidrs = ["203.0.113.0/24"]
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.public["203.0.113.0/24-8443"].cidr_ipv4 == "203.0.113.0/24"
    error_message = "8443"
  }
}

run "no_certificate_is_refused" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables { certificate_arn = null }
  expect_failures = [var.domain]
}

run "old_tls_is_refused" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables { ssl_policy = "ELBSecurityPolicy-2016-08" }
  expect_failures = [var.ssl_policy]
}
