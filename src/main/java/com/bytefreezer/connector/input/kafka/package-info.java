/** Feeds that read topics of Kafka. */
@NullMarked
package com.bytefreezer.connector.input.kafka;

import org.jspecify.annotations.NullMarked;
