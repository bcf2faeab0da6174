variable "region" {
  type        = string
  default     = "us-east-1"
  description = "Region of the environment; the state bucket is in the same."
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region such as us-east-1."
  }
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "ACM certificate of the host name; null makes one for domain."
}

variable "domain" {
  type        = object({ zone_id = string, name = string })
  default     = null
  description = "Route 53 zone and host name of the agent; null if DNS is kept elsewhere."
}

variable "image_account_id" {
  type        = string
  default     = null
  description = "Account whose ECR has the images; null for this one."
}

variable "collector_digest" {
  type        = string
  description = "Digest of the telemetry sidecar's image in ECR."
}

variable "database" {
  type = object({
    engine         = optional(string, "postgres")
    create         = optional(bool, false)
    host           = optional(string, "")
    name           = optional(string, "shop")
    ca_file        = optional(string, "/app/global-bundle.pem")
    instance_class = optional(string, "db.t4g.micro")
    multi_az       = optional(bool, false)
  })
  description = "What the toolbox queries: an RDS for PostgreSQL that is created, or the host of an existing server."
}

variable "blue_green" {
  type        = bool
  default     = false
  description = "Deploy the agent by CodeDeploy instead of ECS's rolling update."
}

variable "alarm_email" {
  type        = string
  default     = null
  description = "Address that gets the alarms."
}

variable "protect" {
  type        = bool
  default     = false
  description = "Deletion protection, final snapshots, recovery windows."
}
