"""The comparison of the exporter with what people use otherwise, on one machine in one run."""
