variable "secrets" {
  type        = map(string)
  description = "Name of each secret => what it holds."
  validation {
    condition     = alltrue([for name, purpose in var.secrets : can(regex("^[a-z0-9-]+(/[a-z0-9-]+)+$", name)) && length(purpose) > 0])
    error_message = "A secret's name is a path such as mcp/database/postgres, and each says what it holds."
  }
  validation {
    condition     = alltrue([for name in keys(var.secrets) : !can(regex("-[A-Za-z0-9]{6}$", name))])
    error_message = "A name that ends in a hyphen and six characters can't be distinguished from a secret's ARN suffix."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the values."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key."
  }
}

variable "recovery_window_in_days" {
  type        = number
  default     = 30
  description = "Days in which a deleted secret can be restored; 0 deletes at once."
  validation {
    condition     = var.recovery_window_in_days == 0 || (var.recovery_window_in_days >= 7 && var.recovery_window_in_days <= 30)
    error_message = "recovery_window_in_days is 0 or 7 to 30."
  }
}
