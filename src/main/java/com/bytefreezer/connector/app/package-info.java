/** Puts the parts together, starts and stops them: watch and interactive mode, and the modes that run once. */
@NullMarked
package com.bytefreezer.connector.app;

import org.jspecify.annotations.NullMarked;
