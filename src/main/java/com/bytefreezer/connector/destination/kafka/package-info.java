/** Kafka: clients and records. {@code routes/destinations/kafka.camel.yaml} uses it. */
@NullMarked
package com.bytefreezer.connector.destination.kafka;

import org.jspecify.annotations.NullMarked;
