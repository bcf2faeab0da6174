# What an environment is made with and keeps. Changing one of these would replace its network, its services, its table or its
# database, so a plan that tries is refused with a sentence. Terraform remembers here what the environment was made with.
# Somebody who means it, and has read what goes, lifts it once: `apply -replace=terraform_data.fixed`.
locals {
  fixed_help = "A living environment keeps it; make a new environment beside it, or read ecs/README.md, \"Change a living environment\"."
}

resource "terraform_data" "fixed" {
  input = {
    environment         = var.environment
    name                = var.name
    region              = var.region
    vpc_cidr            = var.vpc_cidr
    subnets             = { for i, zone in local.zones : zone => "${var.public_subnet_cidrs[i]} ${var.private_subnet_cidrs[i]}" }
    blue_green          = var.blue_green
    database            = var.database.create ? var.database.name : ""
    conversations_table = local.conversations_table
  }

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.output.environment == var.environment && self.output.region == var.region
      error_message = "This state is the environment ${self.output.environment}'s in ${self.output.region}, the variables are ${var.environment}'s in ${var.region}: run Terraform by ecs/terraform-in. ${local.fixed_help}"
    }
    postcondition {
      condition     = self.output.name == var.name
      error_message = "name is ${self.output.name}, and can't become ${var.name}: everything is named by it, the table and the database too. ${local.fixed_help}"
    }
    postcondition {
      condition     = self.output.vpc_cidr == var.vpc_cidr
      error_message = "vpc_cidr can't become ${var.vpc_cidr}: the whole network would be replaced. ${local.fixed_help}"
    }
    postcondition {
      condition     = alltrue([for zone, cidrs in self.output.subnets : try("${var.public_subnet_cidrs[index(local.zones, zone)]} ${var.private_subnet_cidrs[index(local.zones, zone)]}" == cidrs, false)])
      error_message = "The subnets in ${join(", ", keys(self.output.subnets))} have tasks in them and can't go or change: keep their zones and ranges, new zones come after them. If the account's list of zones has changed, set availability_zones. ${local.fixed_help}"
    }
    postcondition {
      condition     = self.output.blue_green == var.blue_green
      error_message = "blue_green can't become ${var.blue_green}: the service and its listener would be replaced, and the agent be away meanwhile. ${local.fixed_help}"
    }
    postcondition {
      condition     = self.output.database == "" || (var.database.create && self.output.database == var.database.name)
      error_message = "The database ${self.output.database} would be deleted: database.create and database.name stay. ${local.fixed_help}"
    }
    postcondition {
      condition     = self.output.conversations_table == local.conversations_table
      error_message = "The conversations are in ${self.output.conversations_table}, and would be deleted: see ecs/README.md, \"Restore the conversations\". ${local.fixed_help}"
    }
  }
}
