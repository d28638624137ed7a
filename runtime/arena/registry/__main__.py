from arena.registry.process import main

main()
