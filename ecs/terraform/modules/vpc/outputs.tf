output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer, in the order of the zones."
  value       = [for az in var.availability_zones : aws_subnet.public[az].id]
}

output "private_subnet_ids" {
  description = "Subnets of the tasks and the database, in the order of the zones."
  value       = [for az in var.availability_zones : aws_subnet.private[az].id]
}

output "endpoint_security_group_id" {
  description = "Group of the interface endpoints: what a task opens port 443 to."
  value       = aws_security_group.endpoints.id
}

output "prefix_list_ids" {
  description = "Prefix lists of the gateway endpoints, by s3 and dynamodb: what a task opens port 443 to."
  value       = { for service, endpoint in aws_vpc_endpoint.gateway : service => endpoint.prefix_list_id }
}
