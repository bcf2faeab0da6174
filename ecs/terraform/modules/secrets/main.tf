# Only the places: an operator puts the values (ecs/README.md, "First deployment"), so that no value, not even a placeholder
# that somebody could log in with, is ever in a plan or a state, and so that planning needs no right to read secrets.
resource "aws_secretsmanager_secret" "this" {
  for_each                = var.secrets
  name                    = each.key
  description             = each.value
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_in_days
}
