/** Failures in words: subject, what happened, what the connector does now and what to do. */
@NullMarked
package com.bytefreezer.connector.problem;

import org.jspecify.annotations.NullMarked;
