/** Splunk's HTTP Event Collector: Camel's component {@code splunk-hec} with a producer that sends batches. */
@NullMarked
package com.bytefreezer.connector.destination.splunk;

import org.jspecify.annotations.NullMarked;
