variable "name" {
  type        = string
  description = "Prefix of names, and the instance's identifier."
}

variable "engine" {
  type        = string
  default     = "postgres"
  description = "What the toolbox talks to: postgres or mssql."
  validation {
    condition     = contains(["postgres", "mssql"], var.engine)
    error_message = "engine is postgres or mssql."
  }
}

variable "create" {
  type        = bool
  default     = false
  description = "Create an RDS for PostgreSQL; false when a database exists already."
  validation {
    condition     = !var.create || var.engine == "postgres"
    error_message = "Only a PostgreSQL database is created here; give the host of an existing SQL Server."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC of the security groups."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets in at least two zones."
}

variable "client_security_group_ids" {
  type        = map(string)
  description = "Who may connect, by name."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the storage's encryption."
}

variable "database_name" {
  type        = string
  default     = "shop"
  description = "Database that is created in the instance."
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name is a lower-case SQL identifier."
  }
}

variable "instance_class" {
  type        = string
  default     = "db.t4g.micro"
  description = "Size of the instance."
  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "An instance class starts with db."
  }
}

variable "multi_az" {
  type        = bool
  default     = true
  description = "Keep a standby in another zone."
}

variable "protect" {
  type        = bool
  default     = true
  description = "Refuse to delete the instance."
}

variable "final_snapshot" {
  type        = bool
  default     = true
  description = "Take a last snapshot when the instance is deleted."
}

variable "snapshot" {
  type        = string
  default     = null
  description = "Snapshot that the instance is made from; counts only when it is made."
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that the instance's log is kept."
}

variable "alarm_topic_arns" {
  type        = list(string)
  default     = []
  description = "SNS topics that alarms are sent to."
}
