/** Settings: their sources, their names and their rules. */
@NullMarked
package com.bytefreezer.connector.config;

import org.jspecify.annotations.NullMarked;
