variable "name" {
  type        = string
  description = "Name of the table."
  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.name))
    error_message = "A table's name is 3 to 255 letters, digits, hyphens, dots and underscores."
  }
}

variable "deletion_protection" {
  type        = bool
  default     = true
  description = "Refuse to delete the table."
}

variable "alarm_topic_arns" {
  type        = list(string)
  default     = []
  description = "SNS topics that alarms are sent to."
}
