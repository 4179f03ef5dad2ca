/** Settings: where they come from, which ones exist, and what is wrong with them. */
@NullMarked
package com.bytefreezer.connector.config;

import org.jspecify.annotations.NullMarked;
