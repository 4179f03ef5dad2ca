/** The kit that proves a destination's route: cases against a scripted server, and certification with injected faults. */
@NullMarked
package com.bytefreezer.connector.kit;

import org.jspecify.annotations.NullMarked;
