/** The program: command line, modes and exit codes. */
@NullMarked
package com.bytefreezer.connector;

import org.jspecify.annotations.NullMarked;
