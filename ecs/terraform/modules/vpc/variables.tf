variable "name" {
  type        = string
  description = "Prefix of every name in the VPC."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "name is 2 to 21 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "cidr" {
  type        = string
  default     = "10.0.0.0/16"
  description = "Address range of the VPC."
  validation {
    condition     = can(cidrhost(var.cidr, 0))
    error_message = "cidr must be a valid IPv4 CIDR block."
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Zones to spread over: one public and one private subnet in each."
  validation {
    condition     = length(distinct(var.availability_zones)) >= 2
    error_message = "An ALB and a highly available service need at least two availability zones."
  }
}

variable "public_subnet_cidrs" {
  type        = list(string)
  description = "Ranges of the load balancer's and the NAT gateways' subnets, one for each zone."
  validation {
    condition     = length(var.public_subnet_cidrs) == length(var.availability_zones) && alltrue([for c in var.public_subnet_cidrs : can(cidrhost(c, 0))])
    error_message = "Give one valid public subnet CIDR per availability zone."
  }
}

variable "private_subnet_cidrs" {
  type        = list(string)
  description = "Ranges of the tasks' and the database's subnets, one for each zone."
  validation {
    condition     = length(var.private_subnet_cidrs) == length(var.availability_zones) && alltrue([for c in var.private_subnet_cidrs : can(cidrhost(c, 0))])
    error_message = "Give one valid private subnet CIDR per availability zone."
  }
}

variable "nat_gateway_mode" {
  type        = string
  default     = "per_az"
  description = "per_az (highly available), single (cheap) or none (interface endpoints only)."
  validation {
    condition     = contains(["per_az", "single", "none"], var.nat_gateway_mode)
    error_message = "nat_gateway_mode is one of per_az, single, none."
  }
}

variable "interface_endpoints" {
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "bedrock-runtime", "xray"]
  description = "Interface endpoints by service suffix; each costs per hour and zone. S3 and DynamoDB always have their free gateway endpoint."
  validation {
    condition     = length(setsubtract(var.interface_endpoints, ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "bedrock-runtime", "xray", "ssmmessages"])) == 0
    error_message = "interface_endpoints knows ecr.api, ecr.dkr, logs, secretsmanager, bedrock-runtime, xray and ssmmessages."
  }
}

variable "endpoint_policies" {
  type        = map(string)
  description = "What may be done through each endpoint, by its name: the second lock behind the roles."
  validation {
    condition     = length(setsubtract(setunion(["s3", "dynamodb"], var.interface_endpoints), keys(var.endpoint_policies))) == 0
    error_message = "Every endpoint has a policy: without one it lets everything through, to any account."
  }
}

variable "flow_log_retention_days" {
  type        = number
  default     = 30
  description = "Days that rejected connections are kept in CloudWatch Logs; 0 switches flow logs off."
  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.flow_log_retention_days)
    error_message = "CloudWatch Logs knows retentions of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 and 365 days; 0 means no flow logs."
  }
}

variable "boundary_arn" {
  type        = string
  description = "Policy that limits what the roles made here may do: the pipeline may make no role without it."
}
