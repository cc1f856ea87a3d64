/lab/programs/e1000e-interrupts
/lab/programs/e1000e-hostile
